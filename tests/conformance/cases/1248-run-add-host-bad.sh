docker run --rm --add-host foo busybox true; docker run --rm --add-host foo:bar busybox true
