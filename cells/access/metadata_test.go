package access_test

import (
	"testing"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/metadata/metadatatest"
)

func TestFilesAndCodeSayTheSame(t *testing.T) {
	t.Parallel()
	metadatatest.Cell(t, "../..", meta.Cell,
		[]fxcell.SliceMeta{meta.IdentityManage, meta.KeyPublish, meta.KeyRotate, meta.SessionLogin, meta.SessionLogout, meta.SessionValidate, meta.Setup},
		accessapi.SetupV1, accessapi.UserCreateV1, accessapi.UserGetV1, accessapi.LoginV1, accessapi.SessionDeleteV1, accessapi.JWKSV1, accessapi.UserCreatedV1, accessapi.SessionCreatedV1, accessapi.SessionRevokedV1,
	)
}
