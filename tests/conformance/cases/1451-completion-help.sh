docker completion; docker completion nosuch; docker completion powershell --help; docker completion bash x
