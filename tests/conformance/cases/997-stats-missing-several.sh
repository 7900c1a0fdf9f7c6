docker stats --no-stream missing1 missing2; echo $?; docker stats --no-stream ''; echo $?
