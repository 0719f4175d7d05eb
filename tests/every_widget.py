"""Each widget of the course with code that shows it; `test_widgets` knows if one is missing."""

from __future__ import annotations

# two cells that show a widget of each class; the network is asked of this computer alone
EVERY_WIDGET = {
    "Viewer": "from dicom_lessons.viewer import view_image\nview_image('examples_overlay')",
    "ByteExplorer": "from dicom_lessons.structure import explore_bytes\nexplore_bytes('CT_small')",
    "UIDTree": "from dicom_lessons.uids import explore_uids\n"
    "from dicom_lessons import samples\nexplore_uids(files=samples.path('CT_small'))",
    "ModalityGallery": "from dicom_lessons.modality import explore_modalities\n"
    "explore_modalities()",
    "SOPClassExplorer": "from dicom_lessons.sop import explore_sop_class\n"
    "explore_sop_class('rtdose')",
    "FaultExplorer": "from dicom_lessons.download import explore_faults\nexplore_faults()",
    "DifferenceViewer": "from dicom_lessons.read_write import explore_difference\n"
    "explore_difference('virtual/ct', 'virtual/ct_sharp')",
    "TransferSyntaxComparator": "from dicom_lessons.compression import compare_transfer_syntaxes\n"
    "compare_transfer_syntaxes('MR_small')",
    "DeidentificationDiff": "from dicom_lessons.deidentify import explore_deidentification\n"
    "explore_deidentification('virtual/ct')",
    "MessageExplorer": "from pynetdicom import AE\n"
    "from dicom_lessons.network import explore_messages, open_archive\n"
    "entity = AE()\nentity.add_requested_context('1.2.840.10008.1.1')\n"
    "with open_archive() as archive:\n"
    "    association = entity.associate(archive.address, archive.port)\n"
    "    association.send_c_echo()\n    association.release()\n"
    "explore_messages(archive)",
    "SliceOrderLab": "from dicom_lessons import samples\n"
    "from dicom_lessons.volume import explore_slice_order\n"
    "explore_slice_order(samples.series('virtual/pt_volume')[:9])",
    "PlanesViewer": "from dicom_lessons import samples\n"
    "from dicom_lessons.volume import build_volume, explore_planes\n"
    "explore_planes(build_volume(samples.series('virtual/pt_volume')[:9]), 5000, 20000)",
    "Ward": "from dicom_lessons.clinic import explore_ward\nexplore_ward()",
    "CollectionExplorer": "from dicom_lessons import samples\n"
    "from dicom_lessons.collection import explore_collection, index_files\n"
    "explore_collection(index_files(samples.path('virtual/ct'), 'my_work/index', processes=1))",
    "Quiz": "from dicom_lessons import quiz\nquiz('structure-w1')",
    "Readiness": "from dicom_lessons.meet_dicom import computer, readiness_check\n"
    "computer.ADDRESS = 'http://127.0.0.1:9'\nreadiness_check()",
}
PAGE = "from dicom_lessons.viewer import view_image\nview_image('CT_small').page()"
