docker run --rm --cap-drop ALL --cap-add CHOWN --cap-add net_bind_service busybox grep CapEff /proc/self/status
