"""From a configuration to features, a stage a file: window, filterbank, plan, what follows."""
