for t in "" UPPER a:b:c a/b/c: :x a:-x ä a..b a___b a/-b -a; do docker tag busybox "$t"; echo "rc $?"; done
