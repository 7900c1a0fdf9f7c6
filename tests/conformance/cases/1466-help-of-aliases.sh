for words in 'volume list' 'checkpoint list' 'checkpoint remove' 'stack up' 'container ps' 'image remove' ps; do
  docker help $words
  echo "$? after $words"
done
