docker import "$BASE_TAR" nocmd:1 >/dev/null; docker run --rm nocmd:1; echo $?
