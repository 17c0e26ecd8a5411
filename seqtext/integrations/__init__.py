"""Models inside other programs' ways of working: tables of any length, engines that spread rows over machines."""
