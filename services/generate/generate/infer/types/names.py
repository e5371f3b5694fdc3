"""What the names of columns and classes say; names of tables come in English and in German, mostly."""

from __future__ import annotations

import re

# snake_case, camelCase, and what spreadsheets call an index; "paid" and "humid" are none
_ID = re.compile(
    r"(^|[_\s.-])(?i:id|key|uuid|guid|no|nr|number|index)\.?$|[a-z0-9](ID|Id|Key|No|Nr|Number|Index)$"
    r"|^((?i:unnamed): 0)?$"
    r"|^(?i:id)[_\s.-]|^id[A-Z]|(?i:[a-zäöü]{3}(nr\.?|nummer))$|(^|[_\s.-])(?i:mrn|ssn|iban|imei|imsi|vin|cpf)$"
)
# what comes back: people, what they own, and what is measured again and again
_OWNER = re.compile(
    r"(?i:customer|client|user|member|patient|subject|person|employee|student|household|family|account|contract|policy"
    r"|kunde|kundin|mitglied|nutzer|mitarbeiter|haushalt|vertrag|konto|gerät|geraet|maschine|fahrzeug"
    r"|subscriber|device|machine|sensor|station|vehicle|asset|e-?mail|phone"
    # a device, and not a diameter, a parameter, or metres
    r"|(?:(?<![a-z])|smart|water|gas|heat|power|energy|electric|electricity)meter(?!s)"
    r"|(?<![a-z])(?:vin|imei|iban|msisdn|mrn|ssn)(?![a-z]))"
)
# what tools write beside the rows: pandas, R, spreadsheets
_INDEX = re.compile(r"|unnamed: \d+(\.\d+)?|__index_level_\d+__|level_\d+", re.IGNORECASE)
# what may as well be an id: only where the values are one after the other
_ROW = re.compile(
    r"row[\s_.-]?(number|num|no|nr|id|names?)?|rownum|rn|index|idx|x(\.1)?|obs(ervation)?|(lfd|zeilen?)[\s_.-]*nr\.?|#"
)
_COUNT = re.compile(
    r"(^|[_\s.-])(?i:count|cnt|counts|num|number of|no of|nof|children|visits|clicks|views|calls|purchases|claims)"
    r"($|[_\s.-])|^(?i:n|num|nr|number|count)_|^(num|count|numberOf|nbr)[A-Z]|(Count|Cnt)$"
)
# what cannot be below 0, and may have a fraction
_AMOUNT = re.compile(
    r"(?i:(^|[_\s.-])(age|alter|tenure|duration|distance|height|width|length|weight|area|population"
    r"|minutes|hours|seconds|weeks|months|years)($|[_\s.-]))|^(Age|Tenure|Duration|Distance|Height|Weight)"
)
_TIME = re.compile(
    r"(^|[_\s.-])(?i:ts|time|timestamp|date|datetime|datum|zeit|epoch|created|updated|modified|at|when|day|since|until|start"
    r"|end|begin|login|seen|month|monat|tag|expires?)($|[_\s.-])|[a-z](Time|Date|At|Timestamp|Ts|On)$|(?i:unix|epoch)"
)
_DATE = re.compile(
    r"(?i:(^|[_\s.-])(date|datum|day|tag|fecha)$)|[a-z](Date|Day|Datum)$|(?i:[a-z]{3}datum$)|^(?i:date|fecha)[_\s](?i:of|de)[_\s]"
)
_PLACE = re.compile(
    r"(?i:(^|[_\s.-])(zip(code)?\d?|postal(code)?|postcode|plz|postleitzahl|city|town|ort|stadt|country|land|region|lat|lon|lng"
    r"|latitude|longitude|street|stra(ss|\u00df)e|hausnr)($|[_\s.-]))|[a-z](Zip|ZipCode|PostalCode|City|Street)$"
)
# numbers of an address, which are no ids though they are called numbers
_ADDRESS = re.compile(
    r"(?i:(zip|postal|post|plz|street|stra(ss|\u00df)en?|haus|house)[\s_.-]?(code)?[\s_.-]?(no|nr|number|nummer)\.?$)"
)
_CALENDAR = re.compile(
    r"(?i:(^|[_\s.-])(year|jahr|month|monat|week|woche|day|tag|time|t|date|datum|hour|stunde)($|[_\s.-]))"
)
_CALLED = re.compile(
    r"(?i:(^|[_\s.-])(name|names|address|adresse|street|strasse|e-?mail|url|link|phone|tel|fax|vorname|nachname|surname|login"
    r"|user|filename|file|path|title)($|[_\s.-]))|[a-z](Name|Address|Email|Url|Phone|Path)$"
)

TRUE = frozenset(("yes", "y", "true", "t", "1", "ja", "j", "oui", "si", "sí", "sim", "wahr", "vrai", "on"))
FALSE = frozenset(("no", "n", "false", "f", "0", "nein", "non", "não", "falsch", "faux", "off"))

NOTHING = frozenset((
    "", "?", "??", "-", "--", "---", ".", "..", "*", "/", "n/a", "n.a.", "na", "#n/a", "#na", "<na>", "nil",
    "tbd", "tba", "unknown", "unk", "undefined", "missing", "(missing)", "none", "null", "(null)", "nan",
    "not available", "not applicable", "no data", "not recorded", "k.a.", "k. a.", "keine angabe", "unbekannt",
    "fehlt", "#value!", "#div/0!", "#ref!", "#null!", "#num!", "#name?", "\N{EN DASH}", "\N{EM DASH}", "\\n",
    "nat", "inconnu", "s/d", "nd", "n.d.",
))  # fmt: skip
"""What stands where there is no value, in lower case."""

NO_LABEL = NOTHING - {
    "", "+", "-", "unknown", "unk", "undefined", "missing", "(missing)", "none", "not applicable", "unbekannt",
    "inconnu", "nd", "na",
}  # fmt: skip
"""Those that no class is called."""

_EVENT = frozenset(
    TRUE | {
        "positive", "pos", "churn", "churned", "default", "defaulted", "fraud", "fraudulent", "spam", "ckd", "died",
        "dead", "death", "deceased", "fail", "failed", "failure", "faulty", "broken", "defect", "defective", "sick",
        "ill", "disease", "diseased", "malignant", "attrited", "attrition", "exited", "left", "leave", "lost",
        "cancelled", "canceled", "canceling", "cancellation", "bad", "bankrupt", "converted", "conversion",
        "bought", "purchased", "buyer", "clicked", "subscribed", "abnormal", "anomaly", "anomalous", "attack",
        "outlier", "late", "delayed", "returned", "readmitted", "infected", "stroke", "case", "phishing", "malware",
        "unpaid", "charged", "overdue", "kündigung", "gekündigt", "betrug", "krank", "defekt", "success", "won", "win",
        "event",
    }
)  # fmt: skip
_OTHER = frozenset(
    FALSE | {
        "negative", "neg", "none", "ham", "normal", "benign", "healthy", "alive", "survived", "good", "ok", "okay",
        "stayed", "stay", "retained", "active", "existing", "current", "loyal", "legit", "legitimate", "genuine",
        "paid", "pass", "passed", "control", "on time", "gesund", "gut", "in ordnung", "safe", "intact", "working",
        "failure free", "loss", "lose",
    }
)  # fmt: skip
_NOT = re.compile(r"^(?:not?|non|un|in|dis|kein|keine|nicht|without)[\s_-]*", re.IGNORECASE)


def is_id(name: str) -> bool:
    """Whether the name says that it is an identity: id, customerID, order_no, an unnamed index."""
    return _ID.search(name.strip()) is not None


def is_owner(name: str, *, whole: bool = False) -> bool:
    """Whether the name says what a row belongs to: customer, patient_id, machine; `whole`: and nothing else."""
    return (_OWNER.fullmatch(name.strip()) if whole else _OWNER.search(name)) is not None


def is_index(name: str) -> bool:
    """Whether a tool gave the name to its own numbering of rows: none at all, Unnamed: 0, __index_level_0__."""
    return _INDEX.fullmatch(name.strip()) is not None


def is_row_number(name: str) -> bool:
    """Whether the name may be that of a numbering of rows: RowNumber, index, X."""
    return _ROW.fullmatch(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip()).lower()) is not None


def is_count(name: str) -> bool:
    """Whether the name says that it counts things: cnt, n_visits, num_children."""
    return _COUNT.search(name.strip()) is not None


def is_amount(name: str) -> bool:
    """Whether the name says that it is nothing below 0, such as an age or a distance."""
    return _AMOUNT.search(name.strip()) is not None


def is_time(name: str) -> bool:
    """Whether the name says that it is a time: created_at, ts, orderDate."""
    return _TIME.search(name.strip()) is not None or is_date(name)


def is_date(name: str) -> bool:
    """Whether the name says that it is a day: date, orderDate, Lieferdatum."""
    return _DATE.search(name.strip()) is not None


def is_place(name: str) -> bool:
    """Whether the name says that it is a place, where several live: zip, city, lat; city_id names the place itself."""
    place = _PLACE.search(name.strip()) is not None and not is_id(name)
    return place or _ADDRESS.search(name.strip()) is not None


def is_calendar(name: str) -> bool:
    """Whether the name is that of a part of the calendar, whose numbers may follow each other: year, week."""
    return _CALENDAR.search(name.strip()) is not None


def is_called(name: str) -> bool:
    """Whether the name says that its values are what things are called: name, address, e-mail."""
    return _CALLED.search(name.strip()) is not None


def is_true(word: str) -> bool | None:
    """The truth that a word writes, None for another word."""
    folded = word.casefold()
    return True if folded in TRUE else False if folded in FALSE else None


def is_event(word: str, other: str) -> bool | None:
    """Whether a class is the one that people ask for, rather than the `other` of two; None where the words do not say.

    "churned" is, beside "stayed"; "ckd" is beside "notckd"; "tested_positive" is.
    """
    mine, theirs = _tokens(word), _tokens(other)
    if bool(mine & _EVENT) != bool(theirs & _EVENT):
        return bool(mine & _EVENT)
    if bool(mine & _OTHER) != bool(theirs & _OTHER):
        return bool(theirs & _OTHER)
    for ours, others, answer in ((word, other, True), (other, word, False)):
        # no churn, notckd, non-fraud: what is denied is the event
        if _NOT.match(others) and _plain(_NOT.sub("", others)) == _plain(ours):
            return answer
    return None


def _tokens(word: str) -> frozenset[str]:
    return frozenset((word.casefold(), *re.split(r"[\W_]+", word.casefold())))


def _plain(word: str) -> str:
    return re.sub(r"[\W_]+", "", word.casefold())
