"""The commands of `genlhc`, by what they are about; importing a module registers its commands."""
