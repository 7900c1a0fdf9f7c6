docker run --rm --pull never nosuch:1 true
