"""The tissues of the virtual patient and what each kind of machine measures in them.

Hounsfield units are those of a CT in the portal venous phase after iodine contrast (``hu``) and
without contrast (``hu_plain``), at about 120 kV, in the middle of published ranges. Relaxation
times are for 1.5 T. ``suv`` is the uptake of FDG relative to an even spread (body-weight SUV).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tissue:
    """One tissue: Hounsfield units, FDG uptake, and T1, T2 (ms) with proton density (0 to 1)."""

    name: str
    hu: float
    hu_plain: float
    suv: float = 0.0
    t1: float = 1000.0
    t2: float = 60.0
    pd: float = 0.0

    @property
    def attenuation(self) -> float:
        """Linear attenuation (1/mm) at the energy of a chest radiograph, about 60 keV."""
        relative = max(1 + self.hu_plain / 1000, 0)
        return 0.0204 * (relative + max(self.hu_plain - 100, 0) * 0.00035)


AIR = Tissue("air", -1000, -1000)
LUNG = Tissue("lung", -858, -860, 0.5)
FAT = Tissue("fat", -104, -105, 0.3, 260, 80, 0.95)
SKIN = Tissue("skin", 45, 35, 0.4, 700, 50, 0.7)
MUSCLE = Tissue("muscle", 62, 52, 0.7, 870, 47, 0.8)
BLOOD = Tissue("blood", 150, 42, 1.7, 1400, 200, 0.85)
AORTA = Tissue("aorta", 160, 42, 1.8)
MYOCARDIUM = Tissue("myocardium", 100, 45, 3.4)
LIVER = Tissue("liver", 108, 58, 2.2)
LIVER_VEIN = Tissue("liver vein", 165, 42, 2.0)
SPLEEN = Tissue("spleen", 120, 48, 1.9)
KIDNEY_CORTEX = Tissue("kidney cortex", 190, 34, 3.0)
KIDNEY_MEDULLA = Tissue("kidney medulla", 168, 30, 4.5)
URINE = Tissue("urine", 6, 5, 14.0)
BILE = Tissue("bile", 5, 6, 0.5)
WATER = Tissue("water", 0, 0, 0.3)
PANCREAS = Tissue("pancreas", 95, 40, 1.5)
BOWEL_WALL = Tissue("bowel wall", 85, 40, 1.3)
STOOL = Tissue("stool", 25, 20, 0.8)
GAS = Tissue("gas", -990, -990)
DISC = Tissue("disc", 85, 80, 0.8)
CARTILAGE = Tissue("cartilage", 115, 110, 0.6)
CORD = Tissue("spinal cord", 38, 36, 1.4)
SPINAL_FLUID = Tissue("spinal fluid", 8, 8, 0.3)
MARROW = Tissue("marrow", 190, 175, 1.3, 500, 70, 0.6)
CORTICAL_BONE = Tissue("cortical bone", 820, 820, 0.5, 250, 1, 0.1)
LESION = Tissue("lesion", 58, 32, 8.0)
TABLE = Tissue("table", -780, -780)

WHITE_MATTER = Tissue("white matter", 29, 29, 0.0, 570, 74, 0.71)
GREY_MATTER = Tissue("grey matter", 38, 38, 0.0, 1060, 95, 0.83)
DEEP_GREY = Tissue("deep grey matter", 38, 38, 0.0, 880, 84, 0.80)
BRAIN_FLUID = Tissue("cerebrospinal fluid", 8, 8, 0.0, 4000, 2000, 1.0)
SCALP_FAT = Tissue("scalp fat", -100, -100, 0.0, 260, 84, 0.95)
