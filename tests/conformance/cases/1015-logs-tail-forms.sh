docker run --name c1 busybox sh -c 'for i in 1 2 3; do echo o$i; done'; for n in 0 1 +2 -1 all abc '' 1.5 99999999999999999999; do echo "tail $n"; docker logs --tail "$n" c1; done
