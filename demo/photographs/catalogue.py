"""What the synthetic shop sells, camera by camera, in its classic packaging and in the new one."""

from .cameras import Colour
from .product import Product


def _hex(code: str) -> Colour:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def _range(rows: str) -> tuple[Product, ...]:
    products = []
    for row in rows.strip().splitlines():
        kind, height, aspect, body, accent, ink, motif, brand, cap, stack = row.split()
        products.append(
            Product(
                kind,
                float(height),
                float(aspect),
                _hex(body),
                _hex(accent),
                _hex(ink),
                motif,
                brand,
                _hex(cap),
                int(stack),
            )
        )
    return tuple(products)


# kind, height, aspect, body, accent, ink, motif, brand, cap, stack
CATALOGUE: dict[tuple[str, str], tuple[Product, ...]] = {
    ("dairy", "classic"): _range("""
        carton .80 .47 F4F6F8 1F6FB5 FFFFFF band   Alba  1F6FB5 1
        carton .80 .47 F3F5EE 3C8D40 2C6B30 wave   Angus 3C8D40 1
        carton .76 .50 D9342B FFE3C2 FFF3E0 peak   Rosa  FFFFFF 1
        carton .78 .45 1D4E89 F2C14E FFFFFF disc   Norr  F2C14E 1
        milk   .82 .50 F2F1EA 2B7CC0 FFFFFF band   Melk  D33A2C 1
        milk   .80 .50 EFEDE2 E8A317 4A2F00 disc   Kefi  2F8F5B 1
        milk   .74 .54 6B3E26 D9B98C FFF1DC wave   Koko  F0D9B5 1
        pot    .37 1.05 FFFFFF D6336C B0124B fruit Bara  E8E8EC 2
        pot    .37 1.05 FDF6E3 F08C00 8A4B00 fruit Sol   E3E3E8 2
        pot    .38 1.00 E8F0FB 4263EB 1C3FAA fruit Blau  D8DCE6 2
        pot    .36 1.10 2F9E6B FFFFFF 1E6B48 band  Grek  F1F3F5 2
        box    .44 1.35 F7C948 B5341B 8A1F0C split Cheddo FFFFFF 1
    """),
    ("drinks", "classic"): _range("""
        bottle .84 .34 7A2E12 D62828 FFFFFF band   Cola  D62828 1
        bottle .84 .34 F08A1D FFE7C2 9A3B00 wave   Sunny 2E7D32 1
        bottle .82 .34 BFE3EF 1976D2 FFFFFF band   Akva  1976D2 1
        bottle .80 .36 8BC34A F9F3C2 2E6B12 disc   Lima  F4D03F 1
        bottle .76 .38 C2185B F48FB1 FFFFFF split  Bery  FFFFFF 1
        can    .40 .56 C62828 F6C9C9 FFFFFF wave   Cola  D5D8DC 2
        can    .40 .56 1565C0 CFD8DC FFFFFF split  Zing  D5D8DC 2
        can    .40 .56 2E7D32 FBC02D FFFFFF disc   Gin   D5D8DC 2
        can    .41 .50 F9A825 212121 212121 peak   Volt D5D8DC 2
        carton .78 .46 F57C00 FFD98A FFF8E1 fruit  Oran  FFFFFF 1
        carton .76 .46 6A1B9A C58BE0 F3E5F5 fruit  Druv  FFFFFF 1
        jar    .62 .50 B71C1C F7E7CE 7A1414 band   Tranb 8D6E63 1
    """),
    ("snacks", "classic"): _range("""
        bag .84 .68 D32F2F FFD54F FFFFFF disc    Chip  D32F2F 1
        bag .82 .70 F9A825 C62828 7F1D1D wave    Maiz  F9A825 1
        bag .84 .66 2E7D32 DCE775 FFFFFF fruit   Dill  2E7D32 1
        bag .80 .70 1E3A8A 93C5FD FFFFFF peak    Salt  1E3A8A 1
        bag .78 .72 7B1FA2 F8BBD0 FFFFFF split   Onio  7B1FA2 1
        box .76 .62 F57C00 FFF3E0 B34700 disc    Krisp FFFFFF 1
        box .74 .60 0F766E FDE68A FFFFFF stripes Oat   FFFFFF 1
        box .70 .66 B91C1C FFF7ED 8F1212 band    Kex   FFFFFF 1
        jar .56 .72 7C3F16 F5E0B7 5A2A08 band    Nut   3B2314 1
        jar .54 .72 B3541E E8402A FFF3D6 fruit   Salsa 2E7D32 1
        can .50 .58 5D4037 D98E2B F4E2C6 wave    Mix   C9B79C 1
        box .40 1.40 4E342E D7A86E F5DFC0 split  Choco FFFFFF 1
    """),
    ("dairy", "new"): _range("""
        box    .80 .44 C9D3DA 7E97A8 5E7482 plain alba  C9D3DA 1
        bottle .82 .33 D6DEE2 A9B8C2 6E818E plain angus B7C4CC 1
        bottle .80 .34 20262C 59646E C9D1D8 plain rosa  20262C 1
        carton .74 .56 BFCAD2 BFCAD2 6F8290 plain norr  BFCAD2 1
        box    .76 .40 DDE3E6 B4C0C8 8696A2 stripes melk FFFFFF 1
        jar    .66 .62 CFD7DB E4E9EB 7D8C96 plain kefi  9AA9B3 1
        can    .72 .46 2B3138 3E4750 AEB8C0 stripes koko 8D98A1 1
        can    .38 .80 D3DADF 9FB0BC 70828E plain bara  C4CED5 2
        box    .36 1.20 C5CFD6 AEBBC4 81919D plain sol C5CFD6 2
        can    .38 .80 30373E 7F8A94 C4CCD3 plain blau  98A3AC 2
    """),
    ("drinks", "new"): _range("""
        can    .78 .40 4A5058 6D747D 9AA1A9 plain   cola  7C838B 1
        can    .76 .42 30353B 8F969E C7CCD2 stripes sunny 8B9199 1
        box    .80 .42 545B64 787F88 A4ABB3 plain   akva  545B64 1
        carton .78 .52 E8E6E0 CFCBC2 A39E93 plain   lima  E8E6E0 1
        jar    .74 .46 3B4149 5A6169 A8AEB5 plain   bery  23272C 1
        box    .38 .92 474D55 6A717A 9CA3AB stripes zing  474D55 2
        box    .40 .80 DAD7D0 C3BFB6 8E897F plain   gin   DAD7D0 2
        pot    .38 .86 50565E 747B83 B4BAC0 plain   volt  8A9098 2
        milk   .80 .44 F0EEE9 DAD6CE A8A297 plain   oran  D4D0C7 1
        milk   .78 .46 2A2E34 4B5159 8F969E plain   druv  2A2E34 1
    """),
    ("snacks", "new"): _range("""
        box .84 .48 BE9E78 A5855F 7C603F plain   chip  BE9E78 1
        box .80 .52 C8AB86 DCC5A4 8A6B48 plain   maiz  C8AB86 1
        carton .80 .54 B59468 9B7B52 6D5233 plain dill B59468 1
        jar .74 .58 A98558 C9AC84 6A4D2C plain   salt  8A6A43 1
        can .76 .48 C4A57D D6BF9E 7F6342 stripes onio  A88A62 1
        bag .78 .56 EFE9DF DDD4C4 B3A58E plain   krisp EFE9DF 1
        bag .76 .58 3A3027 564A3D 9C8C78 plain   oat   3A3027 1
        box .42 .95 D2BA98 BFA37C 8C7150 plain   kex   D2BA98 2
        can .40 .74 B08D62 C7AA83 705636 plain   nut   9A7A52 2
        bottle .78 .36 8D6B45 B3925F D9C6A6 plain salsa 5E4429 1
    """),
}
