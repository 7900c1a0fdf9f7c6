docker run --rm -u 0:nogrp9 busybox true
