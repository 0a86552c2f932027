"""From a country to its region and subregion after the United Nations' M49 list.

Taiwan and the Antarctic have no place in that list; here they are in Eastern Asia and on their own.
"""

from __future__ import annotations

from manyvoices.io.countries import COUNTRIES

_TABLE = """
Africa/Northern Africa: DZA EGY ESH LBY MAR SDN TUN
Africa/Eastern Africa: ATF BDI COM DJI ERI ETH IOT KEN MDG MOZ MUS MWI MYT REU RWA SOM SSD SYC TZA
 UGA ZMB ZWE
Africa/Middle Africa: AGO CAF CMR COD COG GAB GNQ STP TCD
Africa/Southern Africa: BWA LSO NAM SWZ ZAF
Africa/Western Africa: BEN BFA CIV CPV GHA GIN GMB GNB LBR MLI MRT NER NGA SEN SHN SLE TGO
Americas/Caribbean: ABW AIA ATG BES BHS BLM BRB CUB CUW CYM DMA DOM GLP GRD HTI JAM KNA LCA MAF MSR
 MTQ PRI SXM TCA TTO VCT VGB VIR
Americas/Central America: BLZ CRI GTM HND MEX NIC PAN SLV
Americas/South America: ARG BOL BRA BVT CHL COL ECU FLK GUF GUY PER PRY SGS SUR URY VEN
Americas/Northern America: BMU CAN GRL SPM USA
Antarctica/Antarctica: ATA
Asia/Central Asia: KAZ KGZ TJK TKM UZB
Asia/Eastern Asia: CHN HKG JPN KOR MAC MNG PRK TWN
Asia/South-eastern Asia: BRN IDN KHM LAO MMR MYS PHL SGP THA TLS VNM
Asia/Southern Asia: AFG BGD BTN IND IRN LKA MDV NPL PAK
Asia/Western Asia: ARE ARM AZE BHR CYP GEO IRQ ISR JOR KWT LBN OMN PSE QAT SAU SYR TUR YEM
Europe/Eastern Europe: BGR BLR CZE HUN MDA POL ROU RUS SVK UKR
Europe/Northern Europe: ALA DNK EST FIN FRO GBR GGY IMN IRL ISL JEY LTU LVA NOR SJM SWE
Europe/Southern Europe: ALB AND BIH ESP GIB GRC HRV ITA MKD MLT MNE PRT SMR SRB SVN VAT
Europe/Western Europe: AUT BEL CHE DEU FRA LIE LUX MCO NLD
Oceania/Australia and New Zealand: AUS CCK CXR HMD NFK NZL
Oceania/Melanesia: FJI NCL PNG SLB VUT
Oceania/Micronesia: FSM GUM KIR MHL MNP NRU PLW UMI
Oceania/Polynesia: ASM COK NIU PCN PYF TKL TON TUV WLF WSM
"""


def _read() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for line in _TABLE.replace("\n ", " ").strip().splitlines():
        place, _, codes = line.partition(": ")
        region, _, subregion = place.partition("/")
        found |= dict.fromkeys(codes.split(), (region, subregion))
    return found


REGIONS: dict[str, tuple[str, str]] = _read()
"""ISO 3166-1 alpha-3 code -> (region, subregion)."""
_CODES = {name: code for code, name in COUNTRIES.items()}


def place_of(country: str) -> tuple[str, str] | None:
    """(region, subregion) of a country given by code or English name; None if it is neither."""
    return REGIONS.get(country) or REGIONS.get(_CODES.get(country, ""))
