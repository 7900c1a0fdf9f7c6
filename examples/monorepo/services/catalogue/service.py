import os

from shop import serve

GOODS = {"tea": 4.5, "cups": 12.0}

serve({"/": lambda: {"service": os.environ["NAME"], "text": f"{os.environ['GREETING']}, look around", "goods": GOODS}})
