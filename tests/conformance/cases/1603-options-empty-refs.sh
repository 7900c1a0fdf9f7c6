docker create --volumes-from :ro busybox; docker create --link :x busybox; docker create --volumes-from '' busybox
