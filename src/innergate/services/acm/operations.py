"""The operations of AWS Certificate Manager."""

from innergate.resources.certificates import Certificate
from innergate.services.acm import certificates
from innergate.services.acm.certificates import certificate_arn
from innergate.services.operation import Operations, read, write
from innergate.services.resource_tags import tagging_needs, tags_by_arn, with_tags

_OPERATIONS: Operations = {
    "AddTagsToCertificate": write(certificates.add_tags, resource=certificate_arn),
    "DeleteCertificate": write(certificates.delete, resource=certificate_arn),
    "DescribeCertificate": read(certificates.describe, resource=certificate_arn),
    "GetCertificate": read(certificates.get, resource=certificate_arn),
    "ImportCertificate": tagging_needs(
        write(certificates.import_certificate, resource=certificate_arn), "acm:AddTagsToCertificate"
    ),
    "ListCertificates": read(certificates.list_all),
    "ListTagsForCertificate": read(certificates.list_tags, resource=certificate_arn),
    "RemoveTagsFromCertificate": write(certificates.remove_tags, resource=certificate_arn),
}

OPERATIONS: Operations = with_tags(_OPERATIONS, tags_by_arn({":certificate/": Certificate}, "aws"))
