"""Version of the adapter: that of the dbt-spark it builds on."""

version = "1.11.0"
