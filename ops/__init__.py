"""Small programs around dbt: summary, YAML check."""
