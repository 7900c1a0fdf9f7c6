docker run --rm -e A=1 -e A=2 -e B busybox sh -c 'echo $A; echo "${B-unset}"'
