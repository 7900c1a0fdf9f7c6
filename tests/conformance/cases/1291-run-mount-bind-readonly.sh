echo hi > f; docker run --rm --mount "type=bind,src=$PWD,dst=/h,ro" busybox sh -c 'cat /h/f; echo x > /h/g'
