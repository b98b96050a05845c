"""From solutions to what students get: checked, tidied, without answers, bundled."""
