docker run --rm --cap-drop ALL busybox sh -c 'grep CapEff /proc/self/status'
