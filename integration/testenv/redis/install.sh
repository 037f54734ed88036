# Installs redis-server: install.sh APT_GET
# The service that comes with the package, where there are services, is not what anybody asked for.
set -eu
export DEBIAN_FRONTEND=noninteractive
"$1" -o DPkg::Lock::Timeout=300 update
"$1" -o DPkg::Lock::Timeout=300 install -y --no-install-recommends redis-server
if [ -d /run/systemd/system ]; then
	systemctl disable --now redis-server
fi
