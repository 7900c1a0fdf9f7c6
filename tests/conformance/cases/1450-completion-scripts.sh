for shell in bash zsh fish powershell; do docker completion $shell | cksum; docker completion $shell --no-descriptions | cksum; done
