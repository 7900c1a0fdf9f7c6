docker run --rm -u nobodyhere busybox true
