"""What whoever watches the installation is told: whether it is alive and ready, and its figures."""
