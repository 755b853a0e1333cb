"""Files encrypted in age's format, version 1 (https://age-encryption.org/v1): what `age -d` reads, too.

The package loads cryptography, which is slow: import it late.
"""
