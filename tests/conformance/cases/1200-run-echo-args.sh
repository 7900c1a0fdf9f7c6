docker run --rm busybox echo "a b" '$HOME' "it's" ''
