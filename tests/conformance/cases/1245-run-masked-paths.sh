docker run --rm busybox sh -c 'cat /proc/kcore | wc -c; ls /proc/acpi 2>/dev/null | wc -l; echo x > /proc/sysrq-trigger'
