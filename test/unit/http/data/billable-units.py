"""Writes billable-units.jsonl: what Python makes of each value, as fal's handler asks it.

Run by hand: python3 billable-units.py > billable-units.jsonl
"""
import json
import random
import struct
import sys
import unicodedata


def header(units):
    if not units:
        return None
    try:
        value = float(units)
    except (ValueError, OverflowError, TypeError):
        return 'error'
    return format(value, '.0f') if isinstance(units, int) else format(value, '.8f')


rnd = random.Random(20240)
floats = [
    0.5, 3.14159265, 1.23e-5, 0.001953125, -0.001953125, 5e-9, 1.5e-8, 2.5e-8, 1e-10, -1e-10,
    5e-324, 2.2250738585072014e-308, 0.1, 0.2, 0.30000000000000004, 1/3, 2/3,
    123456789.123456789, 4503599627370495.5, 2251799813685247.75, 0.000000005, 0.000000015,
    0.99999999499999, 0.999999995, 0.9999999950000001, -0.25,
]
for k in range(9, 30):
    floats += [(2*n+1)/2**k for n in (0, 1, 2, 3, 1000, 12345)]
while len(floats) < 600:
    f = struct.unpack('>d', struct.pack('>Q', rnd.getrandbits(64)))[0]
    if f == f and abs(f) < 4e15 and f != int(f):
        floats.append(f)
while len(floats) < 1000:
    f = rnd.uniform(-1000, 1000)
    if f != int(f):
        floats.append(f)
ints = [
    0, 1, -1, 2, -2, 42, 10**9, 2**53-1, -(2**53-1), 2**53, 2**53+1, 2**53+2, 2**53+3, 2**63,
    2**64-1, 10**21, 10**22, 10**23, 10**25, -10**30, int(1.7976931348623157e308), 10**308,
    10**309, -10**309, 2**1024-1, 2**1024-2**970, 2**1024-2**970-1,
]
ints += [rnd.getrandbits(rnd.randrange(1, 1024)) * rnd.choice((1,-1)) for _ in range(100)]
strings = [
    '', ' ', '10', '0', '-0', '+0', '0.0', '-2', '+3', '1_000', '1_0.0_1e1_0', '_1', '1_',
    '1__0', '1_.0', '1._0', '1e_5', '1e5_', ' 10 ', '\t10\n', '\x0b\x0c10\r', '\x1c10\x1f',
    '\x8510\xa0', '\u300010\u2003', '\ufeff10', '\u200b10', '\u180e10', '1e3', '1E3', '1e+3',
    '1e-3', '1e', 'e3', '.5', '5.', '.', '-.5', '+.e1', '0x10', '0b1', '0o7', '1n', '1,000',
    '1 000', '--1', '+-1', '- 1', 'inf', 'Inf', 'INFINITY', '-inf', '+infinity', 'infin', 'nan',
    'NaN', '-nan', '+nan', 'nan(1)', 'snan', '1e400', '-1e400', '1e-400', '-1e-400', '1e308',
    '1.7976931348623157e308', '1.7976931348623159e308', '4.9e-324', '2e-324', '1'*400,
    '0.'+'1'*400, '١٢', '１２．５', '１２.５', '-٣.٥', '۴e۲', '𝟙𝟚', '߁', 'Ⅷ', '²', '½', '三', '10\x00',
    '\x0010', 'abc', 'true', 'True', 'None', '0.001953125', '1.0', '12300000000.0', '1e10',
    '9007199254740993', '1d5', '1f', '1L', '0_0', '00012', '1e0010', 'ınf', 'ſ', 'ınfinity',
    'nаn', 'infinıty',
]
digits = ''.join(chr(c) for c in range(0x110000) if chr(c).isdecimal())
rows = [['float', repr(f), header(f)] for f in floats]
rows += [['int', str(i), header(i)] for i in ints]
rows += [['str', s, header(s)] for s in strings]
rows.append(['digits', digits, ''.join(str(unicodedata.decimal(c)) for c in digits)])
for row in rows:
    print(json.dumps(row))
