docker manifest create UPPER x; docker manifest create x UPPER; docker manifest annotate UPPER x; docker manifest annotate x UPPER
docker manifest inspect UPPER; docker manifest inspect ""; docker manifest push UPPER; docker manifest rm UPPER
