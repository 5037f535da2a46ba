# The workshop, rehearsed. `make` or `make help` lists what there is.
SHELL := /bin/sh
PYTHON ?= python3
KIT := .venvs/kit/bin/kit
INSTALL := $(PYTHON) requirements/install.py
ENVIRONMENTS := kit localstack label-studio detector moto

# As gettext decides it, LANG_UI before all; each target has its word in English and in Japanese.
JAPANESE := $(filter ja%,$(or $(LANG_UI),$(LANGUAGE),$(LC_ALL),$(LC_MESSAGES),$(LANG)))

# What stands on make's command line as NAME=value, but for what make, this file and the programs it calls take themselves.
OTHERS := PYTHON INSTALLER TORCH_INDEX LANG_UI SHELL MAKE% AWS_% PIP_% UV_% DOCKER_% LANG LANGUAGE LC_% TMPDIR %_PROXY %_proxy \
          $(if $(filter compare,$(MAKECMDGOALS)),RUNS) $(if $(filter images,$(MAKECMDGOALS)),GPU) \
          $(if $(filter detect,$(MAKECMDGOALS)),IMAGES OUT RUN) $(if $(filter screenshots,$(MAKECMDGOALS)),RUN) $(if $(filter endpoint,$(MAKECMDGOALS)),RUN) \
          $(if $(filter bench-far bench-suspects,$(MAKECMDGOALS)),SEEDS) $(if $(filter fuzz,$(MAKECMDGOALS)),SECONDS) \
          $(if $(filter bench-assist,$(MAKECMDGOALS)),FAR) $(if $(filter bench-slow-clients,$(MAKECMDGOALS)),MODEL) $(if $(filter bench-run-kills,$(MAKECMDGOALS)),KILLS SEED)
GIVEN := $(filter-out $(OTHERS),$(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name))))
# These have to be settings; the kit says so again where its command does not take one.
ifneq ($(GIVEN),)
ifneq ($(shell LANG_UI='$(LANG_UI)' $(PYTHON) -m kit.setting_names $(patsubst %,'%',$(GIVEN)) && echo known),known)
$(error $(if $(JAPANESE),何も作っていません,nothing was made))
endif
endif
# Containers for development set it; every command would then compile all that it imports, which takes a second.
unexport PYTHONDONTWRITEBYTECODE
# They reach the kit as KIT_EPOCHS, unquoted and unchanged.
$(foreach name,$(GIVEN),$(eval export KIT_$(name) = $$(value $(name))))
export KIT_FROM_MAKE := $(GIVEN)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev kit-environment kit-there local go-on relabel runs status compare suspects detect endpoint \
        doctor cloud cloud-rehearsal cloud-clean cloud-quota cloud-studio \
        test test-fast check fuzz screenshots docs-check messages format lock empty-database samples scenes-environment gpu-check \
        bench-convert bench-train bench-train-sizes bench-serve bench-slow-clients bench-run-kills bench-live bench-far bench-suspects bench-assist bench-submits \
        images base-image up down logs ps clean distclean

# For what looks at runs or services and begins none: on a fresh clone there is nothing to look at.
kit-there:
	@[ -x $(KIT) ] || { echo '$(if $(JAPANESE),まだ何も実行していません。`make local` から始めてください。,Nothing has run here yet: `make local` begins.)' >&2; exit 1; }

##@ the workshop  ##@ ワークショップ

help:  ## this list  ## この一覧
	@$(PYTHON) -m kit.make_help

local: kit-environment  ## the whole workshop on this machine; goes on where it was cut short  ## ワークショップ全体をこのマシンで。中断したところから続ける
	@$(KIT) local

go-on: kit-there  ## end labelling by hand early and go on with the labels there are  ## 手作業のラベリングを早めに終え、いまあるラベルで先に進む
	@$(KIT) go-on

relabel: kit-environment  ## correct and extend the labels of the newest finished run, or RUN=, in a new run; includes the pictures of its to-label/  ## 最後に終わった実行（または RUN=）のラベルを、新しい実行で直したり足したりする。to-label/ の画像も加わる
	@$(KIT) relabel

runs: kit-there  ## every run: date, track, state, labels, score  ## すべての実行：日付、種類、状態、ラベル、スコア
	@$(KIT) runs

status: kit-there  ## where the latest run, or RUN=<name>, is, and what to do next  ## 最新の（または RUN=<name> の）実行の状態と、次にすること
	@$(KIT) status

compare: kit-there  ## finished runs side by side, by default the last two: make compare RUNS="a b c" (RUN=a: beside the latest)  ## 終わった実行を並べる。既定は最後の 2 つ：make compare RUNS="a b c"（RUN=a：最新と並べる）
	@$(KIT) compare $(RUNS)

suspects: kit-environment  ## find the labels of the latest run, or RUN=, worth another look, for its report (takes twice as long as its training)  ## 最新の実行（または RUN=）のラベルのうち、見直したほうがよいものをレポートに加える（学習の約 2 倍の時間）
	@$(KIT) suspects

detect: kit-environment  ## what the latest run's model, or RUN='s, finds: make detect IMAGES="a.jpg folder film.mp4" OUT=drawn  ## 最新の実行（または RUN=）のモデルが見つけるもの：make detect IMAGES="a.jpg folder film.mp4" OUT=drawn
	@$(KIT) detect $(IMAGES) $(if $(RUN),--run $(RUN)) $(addprefix --out ,$(OUT))

endpoint: kit-environment  ## try the model of the latest run, or RUN=, on a page and by SageMaker's own protocol, until Ctrl-C  ## 最新の実行（または RUN=）のモデルを、ページと SageMaker のプロトコルで試す。Ctrl-C で終わる
	@$(KIT) endpoint $(RUN)

##@ on AWS  ##@ AWS で

cloud-rehearsal: kit-environment  ## the workshop on AWS, against a double of AWS on this machine: no account, no cost  ## AWS でのワークショップを、このマシンの AWS の模擬環境で：アカウントも料金も不要
	@$(KIT) cloud-rehearsal

doctor: kit-environment  ## can the workshop run on this AWS account? Makes nothing  ## この AWS アカウントでワークショップができるか。何も作らない
	@$(KIT) doctor

cloud: kit-environment  ## the workshop on AWS: checks, shows plan and price, asks (PLAN=1: plan only; YES=1: no questions)  ## AWS でワークショップ：確認し、計画と料金を示し、質問する（PLAN=1：計画だけ、YES=1：質問しない）
	@$(KIT) cloud

cloud-clean: kit-environment  ## delete everything that runs on AWS made, and list what is left (ALL=1: without their folders too)  ## AWS での実行が作ったものをすべて削除し、残りを一覧にする（ALL=1：フォルダーのないものも）
	@$(KIT) cloud-clean

cloud-quota: kit-environment  ## ask AWS for one instance of the chosen types where the quota is 0  ## 選んだタイプのクォータが 0 のとき、インスタンス 1 台を AWS に申請する
	@$(KIT) cloud-quota

cloud-studio: kit-environment  ## a SageMaker Studio domain with a JupyterLab space, and the address that opens it  ## JupyterLab スペースのある SageMaker Studio ドメインと、それを開くアドレス
	@$(KIT) cloud-studio

##@ tidying up, setting up  ##@ 片付けと準備

clean: kit-environment  ## remove all runs, with the services' data in them (RUN=<name>: that one alone)  ## すべての実行を、サービスのデータも含めて消す（RUN=<name>：その実行だけ）
	$(if $(RUN),,@if [ -x $(KIT) ] && docker info >/dev/null 2>&1; then $(KIT) services down; fi)
	@$(KIT) clean
	$(if $(RUN),,rm -rf test-output)

distclean: clean  ## remove the environments and the images too  ## 環境とイメージも消す
	@if [ -x $(KIT) ] && docker info >/dev/null 2>&1; then $(KIT) images --remove; fi
	rm -rf containers/build .venvs .mypy_cache .ruff_cache .pytest_cache *.egg-info containers/detector/*.egg-info

setup:  ## make all environments under .venvs/ (make local and make test do it themselves)  ## .venvs/ の環境をすべて作る（make local と make test を実行したときも作られる）
	@$(INSTALL) $(ENVIRONMENTS)

setup-dev:
	@$(INSTALL) --dev $(ENVIRONMENTS) aws-cli

# Where there is a Docker engine this is all that it takes; the kit makes the others when it needs them.
kit-environment:
	@$(INSTALL) kit

images: kit-environment  ## build the container images whose inputs changed (GPU=1: PyTorch for CUDA, GPU=0: for the CPU)  ## もとのファイルが変わったコンテナイメージを作る（GPU=1：CUDA 用の PyTorch、GPU=0：CPU 用）
	@$(KIT) images $(if $(filter 1,$(GPU)),--gpu) $(if $(filter 0,$(GPU)),--cpu)

base-image: kit-environment  ## make the images' Debian base from packages, if no registry can be reached  ## レジストリに接続できないとき、ベースイメージを Debian のパッケージから作る
	@$(KIT) base-image

up: kit-environment  ## LocalStack and Label Studio in containers, by hand  ## LocalStack と Label Studio をコンテナで手動で起動する
	@$(KIT) services up

down: kit-there  ## stop them; remove what killed runs left in the engine  ## それらを止め、強制終了した実行がエンジンに残したものを消す
	@$(KIT) services down

logs: kit-there  ## their output so far  ## それらのこれまでの出力
	@$(KIT) services logs

ps: kit-there  ## the kit's containers  ## キットのコンテナの一覧
	@$(KIT) services ps

##@ for developers  ##@ 開発者向け

# Four workers: with three, two cores are idle for a tenth of the time. Tests that share a service, or the engine, are run by one
# of them (tests/groups.py).
PYTEST := .venvs/kit/bin/python -m pytest --numprocesses 4 --dist loadscope --no-loadscope-reorder
DETECTOR_PYTEST := .venvs/detector/bin/python -m pytest --numprocesses 2 --dist loadfile
# Those of the detector that train one.
TRAINING := serving training/test_job.py training/test_stopping.py

test: setup-dev check  ## every test, with the real LocalStack, Label Studio and detector; in containers too where Docker answers  ## すべてのテスト。本物の LocalStack、Label Studio、検出器で。Docker があればコンテナでも
	$(DETECTOR_PYTEST) tests/detector
	$(PYTEST) --ignore=tests/detector

test-fast: setup-dev  ## the tests that need no service and no training, in under two minutes  ## サービスも学習も要らないテストだけを、2 分以内で
	$(PYTEST) tests/unit tests/docs
	$(DETECTOR_PYTEST) tests/detector $(TRAINING:%=--ignore=tests/detector/%)

check:  ## ruff and mypy --strict  ## ruff と mypy --strict
	@$(INSTALL) --dev kit detector
	.venvs/kit/bin/ruff check .
	.venvs/kit/bin/ruff format --check .
	.venvs/kit/bin/mypy
	.venvs/detector/bin/python -m mypy --config-file containers/detector/pyproject.toml containers/detector/detector

fuzz: setup-dev  ## feed malformed bytes to all code that reads bytes from outside: make fuzz SECONDS=60  ## 外部から来たバイト列を読む部分すべてに、でたらめなデータを与える：make fuzz SECONDS=60
	.venvs/kit/bin/python -m tests.fuzz.run kit --seconds $(or $(SECONDS),60)
	.venvs/detector/bin/python -m tests.fuzz.run detector --seconds $(or $(SECONDS),60)

screenshots: setup-dev  ## take the pictures in the docs again, with a whole run or from RUN=<name> (ten minutes)  ## ドキュメントの画像を、新しい実行か RUN=<name> の実行から撮り直す（約 10 分）
	.venvs/kit/bin/python -m tests.screenshots $(if $(RUN),runs/$(RUN))

docs-check: setup-dev  ## are the docs in step, English and Japanese, and is every command in them real?  ## 英語と日本語のドキュメントがそろい、コマンドがすべて実在するか
	.venvs/kit/bin/python -m pytest -q tests/docs

messages: setup-dev  ## collect the texts that people read, and compile the translations  ## 画面に出る文を集め、日本語訳をコンパイルする
	.venvs/kit/bin/pybabel -q extract --no-wrap --omit-header --no-location --sort-output -F kit/locale/babel.cfg -k marked -o kit/locale/kit.pot kit requirements
	.venvs/kit/bin/pybabel -q update --no-wrap --no-fuzzy-matching --ignore-pot-creation-date -D kit -d kit/locale -i kit/locale/kit.pot
	.venvs/kit/bin/pybabel -q compile -D kit -d kit/locale
	.venvs/kit/bin/pybabel -q compile -D click -d kit/locale

format: setup-dev  ## let ruff lay out the code  ## ruff でコードを整える
	.venvs/kit/bin/ruff check --fix .
	.venvs/kit/bin/ruff format .

lock:  ## make the lock files under requirements/ anew  ## requirements/ のロックファイルを作り直す
	@$(INSTALL) uv
	UV=$(CURDIR)/.venvs/uv/bin/uv requirements/lock

empty-database: kit-environment  ## write containers/label-studio/database.sql anew, after `make lock` has another Label Studio  ## `make lock` で Label Studio の版が変わったあと、containers/label-studio/database.sql を書き直す
	@$(INSTALL) label-studio
	@.venvs/kit/bin/python -m kit.local_cloud.labelling.label_studio_database .venvs/label-studio \
		--write containers/label-studio/database.sql

samples: scenes-environment  ## render the sample pictures anew, into runs/plugs (about half an hour on 2 cores)  ## サンプル画像を runs/plugs に描き直す（2 コアで約 30 分）
	.venvs/scenes/bin/python -m samples.scenes.render --out runs/plugs

scenes-environment:
	@$(INSTALL) scenes

bench-convert:  ## conversions against label-studio-sdk, globox and supervision, up to a million pictures: rate, memory  ## 変換を label-studio-sdk、globox、supervision と、100 万枚まで比べる：速さ、メモリー
	@$(INSTALL) kit converters
	.venvs/kit/bin/python bench/convert.py

bench-train:  ## seconds per epoch against GluonCV's SSD-512, JumpStart's own model (ten minutes)  ## 1 エポックの秒数を、JumpStart のモデルである GluonCV の SSD-512 と比べる（約 10 分）
	@$(INSTALL) kit detector gluoncv
	.venvs/kit/bin/python bench/train.py

bench-train-sizes:  ## seconds per epoch with 35, 500 and 1,500 pictures, and with 30 objects a picture (ten minutes)  ## 1 エポックの秒数を、35、500、1,500 枚の画像と、1 枚に物体が 30 個の画像で（約 10 分）
	@$(INSTALL) kit detector
	.venvs/kit/bin/python bench/train_sizes.py

bench-serve:  ## the endpoint against the bare loop and GluonCV: time, throughput, memory (a quarter of an hour)  ## エンドポイントを素のループや GluonCV と比べる：時間、スループット、メモリー（約 15 分）
	@$(INSTALL) kit detector gluoncv
	.venvs/kit/bin/python bench/serve.py

bench-slow-clients: kit-environment  ## the endpoint with clients that are slow, silent or gone: make bench-slow-clients MODEL=<folder> (two minutes)  ## 遅い、応答しない、途中で切れるクライアントがいるときのエンドポイント：make bench-slow-clients MODEL=<フォルダー>（約 2 分）
	@$(INSTALL) kit detector
	.venvs/kit/bin/python bench/slow_clients.py --model $(MODEL)

bench-run-kills:  ## kill -9 of make local at 60 random moments, resumed: KILLS, SEED (an hour and a half)  ## make local をランダムなタイミングで 60 回 kill -9 して再開する：KILLS、SEED（約 1 時間半）
	$(PYTHON) bench/run_kills.py $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED))

bench-live:  ## camera frames a second that the page of make endpoint gets answered (a minute)  ## make endpoint のページで、カメラのフレームが毎秒何枚処理されるか（約 1 分）
	@$(INSTALL) --dev kit detector
	.venvs/kit/bin/python bench/live.py

bench-suspects:  ## labels spoiled on purpose, and how many of them make suspects finds (a quarter of an hour)  ## わざと間違えたラベルを make suspects でどれだけ見つけられるか（約 15 分）
	@$(INSTALL) kit detector
	.venvs/kit/bin/python bench/suspects.py $(if $(SEEDS),--seeds $(SEEDS))

bench-assist: $(if $(FAR),scenes-environment)  ## boxes that need not be drawn by hand when a model proposes them; FAR=1: small objects (ten minutes)  ## モデルが先に描くと、手で描く枠がどれだけ減るか。FAR=1 で小さな物体（約 10 分）
	@$(INSTALL) kit detector
	$(if $(FAR),.venvs/scenes/bin/python -m samples.scenes.render --set far)
	.venvs/kit/bin/python bench/assist.py $(if $(FAR),--far)

bench-submits:  ## how long a submit takes while a model learns in the background (five minutes)  ## バックグラウンドでモデルが学習しているあいだ、Submit に何秒かかるか（約 5 分）
	@$(INSTALL) kit detector localstack label-studio
	.venvs/kit/bin/python bench/submits.py

bench-far: scenes-environment  ## small objects in large pictures: accuracy; renders these first, into runs/far (a quarter of an hour)  ## 大きな画像の小さな物体：精度。先に画像を runs/far に描く（約 15 分）
	@$(INSTALL) kit detector
	.venvs/scenes/bin/python -m samples.scenes.render --set far --split train --split held_out
	.venvs/kit/bin/python bench/far.py $(if $(SEEDS),--seeds $(SEEDS))

gpu-check: setup  ## pictures per second in training, on a CUDA GPU and on the CPU  ## 学習の 1 秒あたりの画像数を、CUDA GPU と CPU で
	.venvs/kit/bin/python bench/gpu_check.py
