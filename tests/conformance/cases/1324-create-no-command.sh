docker import "$BASE_TAR" nocmd:1 >/dev/null; docker create nocmd:1
