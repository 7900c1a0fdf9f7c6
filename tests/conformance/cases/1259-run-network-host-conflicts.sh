docker create --network host -h myhost busybox true >/dev/null && echo ok; docker create --network host --link a busybox true
