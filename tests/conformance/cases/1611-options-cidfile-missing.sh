docker create --cidfile nosuch-dir/x busybox; echo $?; docker run --rm --cidfile nosuch-dir/x busybox true
