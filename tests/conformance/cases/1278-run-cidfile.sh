docker run -d --cidfile cid busybox true > id; tr -d '\n' < id | cmp - cid && echo same; docker run --cidfile cid busybox true
