package config_test

import (
	"testing"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/meta"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/metadata/metadatatest"
)

func TestFilesAndCodeSayTheSame(t *testing.T) {
	t.Parallel()
	metadatatest.Cell(t, "../..", meta.Cell,
		[]fxcell.SliceMeta{meta.ConfigWrite, meta.ConfigRead, meta.ConfigPublish},
		configapi.WriteV1, configapi.UpdateV1, configapi.DeleteV1, configapi.GetV1, configapi.ListV1, configapi.PublishV1, configapi.RollbackV1, configapi.ChangedV1, configapi.RolledBackV1,
	)
}
