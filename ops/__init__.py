"""Small programs around dbt: summary, publication, board report, YAML check."""
