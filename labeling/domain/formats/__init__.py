"""Files of labels that other tools wrote, each format read into the one shape of `found`."""
