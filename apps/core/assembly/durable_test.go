package assembly_test

import (
	"strings"
	"testing"

	"go.uber.org/fx"

	"fxcell.dev/cells/access"
	"fxcell.dev/cells/audit"
	"fxcell.dev/cells/config"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/infra/memory"
	configmodule "fxcell.dev/modules/config"
	"fxcell.dev/modules/logging"
)

func TestMain(m *testing.M) { fxcelltest.Main(m) }

// In a Durable assembly each provider of the memory adapter and each cell's memory store is refused, used or not, by port, provider, module and
// what to list instead.
func TestADurableAssemblyRefusesWhatIsInMemory(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(fxcell.Assembly("shop", durability.Durable, configmodule.Module, logging.Module, memory.Module, access.Memory, audit.Memory, config.Memory))
	if err == nil {
		t.Fatal("builds")
	}
	for _, want := range []string{
		`needs a persistent db.Transactor, got memory.transactor (volatile) in module "infra/memory"; list infra/postgres.Module instead`,
		`needs a persistent outbox.Writer, got `,
		`needs a persistent outbox.Log, got `,
		`needs a persistent event.Inbox, got `,
		`needs a persistent event.Parking, got `,
		`needs a persistent secret.KeyProvider, got `,
		`module "stores/access/memory"; list a storage of cell access that persists instead`,
		`module "stores/audit/memory"; list a storage of cell audit that persists instead`,
		`module "stores/config/memory"; list a storage of cell config that persists instead`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no line has %q in\n%v", want, err)
		}
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !strings.HasPrefix(line, "durability: mode durable needs a persistent ") || !strings.Contains(line, "(volatile) in module ") || !strings.HasSuffix(line, " instead") {
			t.Errorf("a line does not name port, provider, module and what to list instead: %s", line)
		}
	}
}

func TestEachStoreIsRefusedAlone(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]fx.Option{"access": access.Memory, "audit": audit.Memory, "config": config.Memory} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := fxcelltest.Fault(fxcell.Assembly("shop", durability.Durable, configmodule.Module, logging.Module, memory.Module, store))
			if want := `module "stores/` + name + `/memory"; list a storage of cell ` + name + ` that persists instead`; err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("got  %v\nwant %s", err, want)
			}
		})
	}
}
