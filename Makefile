# SPDX-License-Identifier: GPL-2.0-only
#
# The front door; "make help" lists it. kbuild reads drivers/xen/console/Kbuild, not this file.

# The kernel to build the module for: the running one, else the newest with headers installed.
newest = $(patsubst %/.config,%,$(lastword $(shell printf '%s\n' $(wildcard $(1)) | sort -V)))
KDIR ?= $(or $(wildcard /lib/modules/$(shell uname -r)/build), \
	$(call newest,/lib/modules/*/build/.config), \
	$(call newest,/usr/src/linux-headers-*/.config))
kdir := $(strip $(KDIR))

.DEFAULT_GOAL := $(if $(kdir),modules,help)

lab = $(addprefix ARCH=,$(ARCH)) $(addprefix XEN=,$(XEN)) tests/lab/lab.py
bench = $(addprefix XEN=,$(XEN)) tests/bench/bench.py
kbuild = $(MAKE) --no-print-directory -C $(kdir) M=$(CURDIR)/drivers/xen/console
# Not kernel.release, which Debian 6.1 has without its own suffix.
release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(kdir)/include/generated/utsrelease.h)

arches := x86 arm64
guests := pv pvh hvm dom0
kernels = newest $(or $(shell tests/lab/lab.py kernels),$(error without a list of kernels))
xens := 4.20 4.17
modes := off tty[N] ttyS[N] xvc hvc[N]

# Each check is nothing, or stops make with one line.
wrong = $(error $(1)=$($(1)): $(1)= takes $(2))
one-of = $(if $(and $(filter 1,$(words $($(1)))),$(filter $(2),$($(1)))),,$(call wrong,$(1),one of: $(2)))
maybe-one-of = $(if $($(1)),$(one-of))
check-mode = $(if $(filter-out off tty% xvc xvc0 hvc%,$(XENCONS)),$(call wrong,XENCONS,one of: $(modes)))
check-kdir = $(if $(wildcard $(kdir)/.config),,$(call wrong,KDIR,a configured kernel build directory: \
	$(or $(wildcard /lib/modules/*/build),what the package linux-headers-amd64 installs)))
check-case = $(if $(and $(filter 1,$(words $(CASE))),$(shell $(lab) list '$(CASE)')),,$(call \
	wrong,CASE,one of: all check xen $(shell $(lab) list | cut -d' ' -f1)))
check-workload = $(if $(and $(filter 1,$(words $(or $(WORKLOAD),*))),$(shell $(bench) --list --workload \
	'$(or $(WORKLOAD),*)')),,$(call wrong,WORKLOAD,one of: $(shell $(bench) --list), or a pattern of them))
check-rounds = $(if $(shell [ '$(ROUNDS)' -ge 1 ] 2>/dev/null && echo fine),,$(call wrong,ROUNDS,a number from 1 on))
stop-if = $(if $(1),$(error $(1)))
check-ksrc = $(call stop-if,$(shell scripts/integrate --check '$(KSRC)' 2>&1))

.PHONY: help modules install clean integrate patch deb run lab lab-list kunit fuzz lint bench check check-full

# Everything behind these installs what else it needs.
run lab lab-list kunit fuzz lint bench check check-full integrate patch deb: | /usr/bin/python3
/usr/bin/python3:
	@if ! command -v apt-get >/dev/null; then \
		echo 'missing: python3; the tests need Debian 12 or 13, with apt-get' >&2; exit 2; \
	elif [ "$$(id -u)" = 0 ]; then \
		apt-get update -q >/dev/null && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends python3 >/dev/null; \
	else \
		echo 'missing packages, run: sudo apt-get install python3' >&2; exit 2; \
	fi

help:
	@echo 'make [modules] [KDIR=] [W=1]    build drivers/xen/console/xen-console.ko'
	@echo 'make install [KDIR=]            install it among the modules of that kernel'
	@echo 'make clean                      delete what the builds left here'
	@echo 'make integrate KSRC=            put the driver into a Linux source tree'
	@echo 'make patch KSRC= [OUT=]         write the driver as one patch for git am'
	@echo 'make deb                        build the package xencons-dkms for Debian in build/'
	@echo 'make run [ARCH=] [XEN=] [GUEST=] [XENCONS=] [KERNEL=]   boot Xen and a guest, be on its console'
	@echo 'make lab-list [ARCH=]           list the cases that boot Xen'
	@echo 'make lab CASE= [ARCH=] [XEN=] [CLANG=1] [V=1]   run one of them, a pattern of them, check, xen or all'
	@echo 'make kunit [KERNEL=]            unit tests on User Mode Linux'
	@echo 'make fuzz                       the pure files under libFuzzer'
	@echo 'make lint                       static checks'
	@echo 'make bench [XEN=] [KERNEL=] [GUEST=] [WORKLOAD=] [ROUNDS=]   measure hvc_xen and xencons side by side'
	@echo 'make check                      all tests but the long ones'
	@echo 'make check-full                 all tests, from an empty cache, as on a fresh machine'
	@echo 'make help                       this list'
	@echo
	@echo 'KDIR=$(kdir)'
	@echo 'ARCH=$(subst $() ,|,$(arches))  GUEST=$(subst $() ,|,$(guests))  XENCONS=$(subst $() ,|,$(modes))  KERNEL=debian (run, bench)|newest|6.12|6.1  XEN=$(subst $() ,|,$(xens))'

modules:
	$(check-kdir)
	@echo "Building for Linux $(release) in $(kdir)"
	@$(kbuild) modules

install: modules
	@$(kbuild) modules_install
	@depmod $(addprefix -b ,$(INSTALL_MOD_PATH)) $(release)

clean:
	@find drivers \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' -o -name '.*.d' \
		-o -name Module.symvers -o -name modules.order \) -type f -delete
	@rm -rf build

integrate:
	$(check-ksrc)
	@scripts/integrate '$(KSRC)'

patch:
	$(check-ksrc)
	@scripts/patch '$(KSRC)' $(OUT)

deb:
	@scripts/deb

run:
	$(call maybe-one-of,ARCH,$(arches))$(call maybe-one-of,XEN,$(xens))$(call maybe-one-of,GUEST,$(guests))$(call maybe-one-of,KERNEL,debian $(kernels))
	$(check-mode)
	@$(lab) visit $(addprefix --guest ,$(GUEST)) $(addprefix --kernel ,$(KERNEL)) \
		$(addprefix --mode ,$(XENCONS))

lab-list:
	$(call maybe-one-of,ARCH,$(arches))
	@$(lab) list

lab:
	$(call maybe-one-of,ARCH,$(arches))$(call maybe-one-of,XEN,$(xens))$(check-case)
	@$(lab) run '$(CASE)'

kunit:
	$(call maybe-one-of,KERNEL,$(kernels))
	@tests/kunit/kunit.py $(or $(KERNEL),$(filter-out newest,$(kernels)))

fuzz:
	@tests/fuzz/fuzz.py

lint:
	@tests/lint/lint.py

bench:
	$(call maybe-one-of,XEN,$(xens))$(call maybe-one-of,KERNEL,debian $(kernels))$(call maybe-one-of,GUEST,$(filter-out hvm dom0,$(guests)))$(check-workload)$(if \
		$(ROUNDS),$(check-rounds))
	@$(bench) $(addprefix --kernel ,$(KERNEL)) $(addprefix --guest ,$(GUEST)) $(if $(WORKLOAD),--workload '$(WORKLOAD)') $(addprefix --rounds ,$(ROUNDS))

check:
	@tests/check.py

check-full:
	@tests/check.py --full
