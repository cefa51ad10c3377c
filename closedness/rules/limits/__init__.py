"""Rules for two factors that find a limit of products that is no product."""
