import json
import sys

import requests

for url in sys.argv[1:]:
    print(json.dumps({"url": url, "origin": requests.get(url).json()["origin"]}))
