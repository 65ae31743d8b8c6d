"""What :func:`fastmel.patch` replaces in each library, a module a library."""
