docker run --rm -- busybox echo a -- b
