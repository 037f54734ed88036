package audit_test

import (
	"testing"

	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/metadata/metadatatest"
)

func TestFilesAndCodeSayTheSame(t *testing.T) {
	t.Parallel()
	metadatatest.Cell(t, "../..", meta.Cell,
		[]fxcell.SliceMeta{meta.AuditAppend, meta.AuditQuery, meta.AuditVerify},
		auditapi.ListV1, auditapi.IntegrityV1, auditapi.QueriedV1, auditapi.IntegrityVerifiedV1,
	)
}
