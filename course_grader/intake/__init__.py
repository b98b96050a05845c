"""What groups hand in: unpacked, recognised, repaired, laid over the master's cells."""
