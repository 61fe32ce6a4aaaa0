"""dbt for spark-submit, which takes Python programs whose name ends in .py only.

spark-submit --master ... spark/submit.py build --target spark
"""

from dbt.cli.main import cli

if __name__ == "__main__":
    cli()
